"""Times as arguments of commands."""

from __future__ import annotations

from datetime import UTC, datetime

import click


class Moment(click.ParamType):
    """An ISO 8601 date or time; one without a zone is in UTC."""

    name = "TIME"
    expected = "an ISO 8601 date or time such as 2025-09-19 or 2025-09-19T12:00:00Z"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime | None:
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"expected {self.expected}", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
