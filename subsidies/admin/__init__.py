from subsidies.admin import budgets, money, other_subsidies, recoveries

__all__ = ["budgets", "money", "other_subsidies", "recoveries"]
