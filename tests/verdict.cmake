# Why something is slow, as rules over facts.
unit(slow_statement verdict)
unit(statement_relations verdict)
