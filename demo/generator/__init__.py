"""A made-up world of any size: the figures are in `figures`, the order of events in `world`."""

from demo.generator.world import Made, NotHere, check_may_make_up_people, is_made, make_trainees, make_world

__all__ = ["Made", "NotHere", "check_may_make_up_people", "is_made", "make_trainees", "make_world"]
