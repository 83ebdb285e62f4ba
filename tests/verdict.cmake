# Why something is slow, as rules over facts.
unit(slow_statement verdict)
unit(statement_relations verdict)
# Rules, each alone, over made facts.
unit(rules_storage verdict)
