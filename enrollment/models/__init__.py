from enrollment.models.enrollment import Enrollment
from enrollment.models.roster import RosterRow, RosterUpload
from enrollment.models.trainee import BankAccount, Trainee
from enrollment.models.training_class import TrainingClass

__all__ = ["BankAccount", "Enrollment", "RosterRow", "RosterUpload", "Trainee", "TrainingClass"]
