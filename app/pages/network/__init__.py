"""Networks: how whole networks are built."""
