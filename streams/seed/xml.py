"""XML from strangers: no entity is expanded, nothing is loaded from anywhere, and the tree is bounded."""

from __future__ import annotations

from lxml import etree


class HostileXmlError(ValueError):
    """It is no XML, or none that may be read."""


def parse_xml(data: bytes) -> etree._Element:
    """The root of a document; mistakes in it are passed over, as readers of feeds do.

    The caller bounds the size. Entities stay as they stand, so that a document is never larger than its bytes, and
    libxml2's own limits on depth and on the length of a name hold.

    Raises:
        HostileXmlError: there is no element in it.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise HostileXmlError(f"not XML: {error}") from None
    if root is None:
        raise HostileXmlError("not XML: there is no element in it")
    return root
