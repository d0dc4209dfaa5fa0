"""The paper's tables and other sweeps: what they found, and what that says about the paper's claims."""
