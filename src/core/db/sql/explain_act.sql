-- SET LOCAL ROLE, for the rest of the transaction.
-- Needs: the right to act as that role (explain_role.sql). Serves 11 and later. $1 text: the role.
SELECT set_config('role', $1, true)
