from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from demo.generator import NotHere, check_may_make_up_people, make_world
from demo.generator.terms import PolicyInTheWay
from enrollment.models import Trainee
from institutions.services.reference_data import load_reference_data


class Command(BaseCommand):
    help = "Fill an empty development database with made-up people, classes, certificates and payments."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--trainees", type=int, default=1000, help="how many people (1000)")
        parser.add_argument(
            "--years", type=int, default=2, help="over how many calendar years, this one included (2)"
        )
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same world (1)")
        parser.add_argument("--append", action="store_true", help="go on although there are trainees already")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["trainees"] < 1 or options["years"] < 1:
            raise CommandError("--trainees and --years begin at 1.")
        try:
            check_may_make_up_people()
        except NotHere as refusal:
            raise CommandError(str(refusal)) from refusal
        if not options["append"] and Trainee.objects.exists():
            raise CommandError("There are trainees already. Use an empty database, or --append.")
        load_reference_data()
        started = timezone.now()
        try:
            made = make_world(
                trainees=options["trainees"],
                years=options["years"],
                seed=options["seed"],
                now=started,
                say=self.stdout.write if options["verbosity"] > 1 else lambda _text: None,
            )
        except PolicyInTheWay as refusal:
            raise CommandError(str(refusal)) from refusal
        seconds = (timezone.now() - started).total_seconds()
        self.stdout.write(
            f"{made.trainees} trainees in {made.classes} classes: {made.rows} rows in {seconds:.1f} s."
        )
