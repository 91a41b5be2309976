"""The bundled sample: a miniature of the two upstreams, served on the loopback interface."""
