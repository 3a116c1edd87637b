from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def grouped(count: int) -> str:
    """Return a whole number with a comma between thousands."""
    return f"{count:,}"


@register.filter
def yuan(amount: Decimal) -> str:
    """Return an amount of money as ¥1,234.50, and one below zero as −¥1,234.50."""
    return f"{'−' if amount < 0 else ''}¥{abs(amount):,.2f}"


@register.filter
def signed_yuan(amount: Decimal) -> str:
    """Return a difference of money as +¥1,234.50 or −¥1,234.50; nothing has no sign."""
    sign = "+" if amount > 0 else "−" if amount < 0 else ""
    return f"{sign}{yuan(abs(amount))}"
