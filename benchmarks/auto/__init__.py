"""Nothing tuned: tables about defaults, in pieces that are kept in ``out/auto``."""
