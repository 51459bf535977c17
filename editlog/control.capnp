@0xb1f3a6d7c2e94501;
# Bodies of control frames, and the configuration of a journal.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("varve::schema");

struct SegmentStart @0xd6a1f0b3e7c84a11 {
  schema @0 :Data;               # a compiled CodeGeneratorRequest; empty: transactions are opaque
  transactionType @1 :UInt64;    # type id of the struct at each transaction's root
  schemaName @2 :Text;
  configuration @3 :Configuration;  # the newest one in the log before this frame
}

struct EpochStart @0xe4f2c9a8b1d37022 {
  writerLow @0 :UInt64;          # the writer id, a random number drawn for this attempt
  writerHigh @1 :UInt64;
  name @2 :Text;
  host @3 :Text;
}

struct Configuration @0xf7b8d2e3a4c51933 {
  txid @0 :UInt64;               # of the record; 0: made at format
  members @1 :List(Member);
  minCopies @2 :UInt32;          # data nodes that must hold a frame before it is committed; 0: a majority of the voters
}

struct Member @0x8c3d5e7f9a1b2c44 {
  diskLow @0 :UInt64;            # identity of the member's disk
  diskHigh @1 :UInt64;
  address @2 :Text;              # host:port; empty: the local directory
  role @3 :Role;

  enum Role @0x9e8d7c6b5a493755 {
    voter @0;
    learner @1;
    witness @2;
  }
}
