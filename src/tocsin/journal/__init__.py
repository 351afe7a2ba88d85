"""The durable log: what came in, what came of it, what must still go out. The only SQL of the product."""
