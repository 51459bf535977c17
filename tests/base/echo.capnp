@0xb8f4d1c3a6e95027;
# For a test of Cap'n Proto RPC over the simulated network.

interface Echo @0x9d3c7a51e2b4f860 {
  say @0 (text :Text) -> (text :Text);
}
