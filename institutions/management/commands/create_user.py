import getpass
import os
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError
from django.utils import timezone

from chongqing_dte.foundation.errors import DomainError
from institutions.enums import Role
from institutions.queries import district_by_code, institution_by_credit_code
from institutions.services.users import Office, create_user


class Command(BaseCommand):
    help = "Create a person's account. The password is asked for, or read from NEW_USER_PASSWORD."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("full_name")
        parser.add_argument("role", choices=Role.values)
        parser.add_argument("--district", help="the district's code, for a district's people")
        parser.add_argument("--institution", help="the credit code, for an institution's people")

    def handle(self, *_args: Any, **options: Any) -> None:
        password = os.environ.get("NEW_USER_PASSWORD") or getpass.getpass("Password: ")
        try:
            create_user(
                username=options["username"],
                full_name=options["full_name"],
                role=options["role"],
                password=password,
                now=timezone.now(),
                office=self._office(options),
            )
        except ValidationError as problem:
            raise CommandError("; ".join(problem.messages)) from problem
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        except IntegrityError as problem:
            raise CommandError(
                "The role does not fit the office: district roles need --district, "
                "institution roles need --institution, municipal roles neither."
            ) from problem
        self.stdout.write(f"{options['username']} can sign in.")

    def _office(self, options: dict[str, Any]) -> Office:
        district = district_by_code(options["district"]) if options["district"] else None
        if options["district"] and district is None:
            raise CommandError("There is no district with this code.")
        institution = institution_by_credit_code(options["institution"]) if options["institution"] else None
        if options["institution"] and institution is None:
            raise CommandError("There is no institution with this credit code.")
        return Office(district=district, institution=institution)
