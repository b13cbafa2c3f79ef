"""The pages of cohorts: a list, one cohort, and the form that makes and changes one."""
