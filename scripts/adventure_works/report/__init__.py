"""The report: one self-contained page that answers the questions of the business from the marts."""
