"""sqlglot's Oracle grammar with the identity options in any order, as the Oracle SQL reference has them.

sqlglot 30 reads ``START WITH`` before ``INCREMENT BY`` only; *CREATE TABLE*, ``identity_options``, has no order.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import TokenType, exp
from sqlglot.dialects.oracle import Oracle

WITH_NUMBER = {
    ("START", "WITH"): "start",
    ("INCREMENT", "BY"): "increment",
    ("MINVALUE",): "minvalue",
    ("MAXVALUE",): "maxvalue",
}
WORDS = ("NOMINVALUE", "NOMAXVALUE", "CYCLE", "NOCYCLE", "NOCACHE", "ORDER", "NOORDER")


class OracleParser(Oracle.Parser):
    """Oracle's grammar as sqlglot has it, but for what follows GENERATED."""

    CONSTRAINT_PARSERS: ClassVar[dict[str, Any]] = {
        **Oracle.Parser.CONSTRAINT_PARSERS,
        "GENERATED": lambda self: self.generated(),
    }

    def generated(self) -> Any:
        """``GENERATED {ALWAYS | BY DEFAULT [ON NULL]} AS IDENTITY [(identity_options)]``; else as sqlglot reads it."""
        start = self._index
        always = bool(self._match_text_seq("ALWAYS"))
        if not always and not self._match_text_seq("BY", "DEFAULT"):
            return self._parse_generated_as_identity()
        on_null = bool(self._match_pair(TokenType.ON, TokenType.NULL))
        if not self._match(TokenType.ALIAS) or not self._match_text_seq("IDENTITY"):
            self._retreat(start)
            return self._parse_generated_as_identity()
        identity = exp.GeneratedAsIdentityColumnConstraint(this=always, on_null=on_null)
        if self._match(TokenType.L_PAREN):
            while self._identity_option(identity):
                pass
            self._match_r_paren()
        return identity

    def _identity_option(self, identity: exp.Expression) -> bool:
        for words, argument in WITH_NUMBER.items():
            if self._match_text_seq(*words):
                identity.set(argument, self._parse_bitwise())
                return True
        if self._match_text_seq("CACHE"):
            return self._parse_number() is not None
        return any(self._match_text_seq(word) for word in WORDS)


class CompleteOracle(Oracle):
    """Oracle, its identity columns included."""

    Parser = OracleParser
