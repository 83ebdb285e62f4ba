# Why something is slow, and what is wrong, as rules over facts.
unit(slow_statement verdict)
unit(statement_relations verdict)
unit(rules_storage verdict)
unit(verdict_engine verdict)
