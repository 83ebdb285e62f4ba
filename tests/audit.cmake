# The record of what was changed: read again, paired, whatever stands in it.
unit(audit_read audit)
unit(lease audit)
unit(acknowledged audit verdict)
