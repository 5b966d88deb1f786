"""Which stage reads and writes which topics, in one table: agents, access, health, reconciliation and replay read it.

What the topics are stands in ``topics``; ``full_name`` there puts the prefix before a name.
"""

from __future__ import annotations

from dataclasses import dataclass

from streams.contracts.records import Stage
from streams.contracts.topics import Name

#: Where what gave no output goes, of any stage.
FAILURES: tuple[Name, ...] = ("rejections", "dead-letters")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTopics:
    """One stage's topics, by their names without the prefix. Its consumer group has its own name.

    ``output``'s records carry the positions of the inputs that caused them; where it is a ``log``, they go to the
    partition that the input came from, as the rows in ``state`` do. ``derived`` follows from the output.
    ``restored_from`` is read beside the state, to restore or build it anew.
    """

    input: Name
    output: Name
    state: Name | None = None
    log: bool = False
    derived: tuple[Name, ...] = ()
    restored_from: tuple[Name, ...] = ()

    @property
    def by_partition(self) -> tuple[Name, ...]:
        """What is written partition by partition as the input is read, the state's rows first."""
        return (*((self.state,) if self.state else ()), *((self.output,) if self.log else ()))

    @property
    def reads(self) -> tuple[Name, ...]:
        return (self.input, *self.restored_from, *((self.state,) if self.state else ()))

    @property
    def writes(self) -> tuple[Name, ...]:
        return (self.output, *self.derived, *FAILURES, *((self.state,) if self.state else ()))


#: In the order in which an article goes through them.
TOPOLOGY: dict[Stage, StageTopics] = {
    "clean": StageTopics(
        input="articles.raw", output="articles.clean", state="state.clean", restored_from=("articles.clean",)
    ),
    "tag": StageTopics(input="articles.clean", output="articles.tagged"),
    "cluster": StageTopics(
        input="articles.tagged",
        output="story-events",
        state="state.cluster",
        log=True,
        derived=("stories",),
        restored_from=("story-events",),
    ),
}
