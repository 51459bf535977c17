@0xd84c1b6e2f9a7305;
# What journal nodes and their clients say to each other beside frames: one message in each control payload (stream_head.h), one segment,
# without a segment table.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("varve::wire_schema");

struct Id @0xb5b7e1c09d3f4a61 {
  low @0 :UInt64;
  high @1 :UInt64;
}

struct Position @0x9f2d6c81e7a4b352 {
  txid @0 :UInt64;
  epoch @1 :UInt64;
  digest @2 :Id;
}

struct Refusal @0xc3e8a5d1746b2f94 {
  code @0 :UInt16;              # varve::ErrorCode
  text @1 :Text;
  promised @2 :UInt64;          # the node's highest promise; 0 where that says nothing
}

# Where one copy of a journal stands.
struct CopyState @0xe1a94c7b35d2f806 {
  namespaceId @0 :Id;
  lineage @1 :UInt64;
  disk @2 :Id;                  # identity of this copy
  boot @3 :Id;                  # drawn at each start of the node
  promised @4 :UInt64;
  promisedTo @5 :Id;
  start @6 :Position;
  startConfiguration @7 :Data;
  committed @8 :Position;
  branches @9 :List(Position);  # committed, then the last frame of each epoch above it; the last one is the end
  tailCertain @10 :Bool;
  configurationTxid @11 :UInt64;  # of the newest record at or below the end
  configuration @12 :Data;
  removed @13 :Bool;            # the committed configuration does not name this copy any more
  nodeName @14 :Text;
  holed @15 :Bool;              # frames of its newest segment are damaged: its end counts, what it knows of the members does not
}

# The first message on each connection.
struct Open @0xa6d03f8e51c7b294 {
  journal @0 :Text;             # empty: the node itself
  namespaceId @1 :Id;           # zero: the client does not know it yet
  lineage @2 :UInt64;
  union {
    control @3 :Void;
    append :group {
      epoch @4 :UInt64;
      writer @5 :Id;
      writerName @6 :Text;
      writerHost @7 :Text;
    }
    read :group {
      after @8 :List(Position);  # frames that the reader holds, ascending; the answer names the one it goes on from
      durableTo @9 :Position;    # txid 0: committed frames, and more as they come; else up to this frame, committed or not
    }
  }
}

struct Opened @0x8e5b2a70c9d416f3 {
  union {
    refused @0 :Refusal;
    state @1 :CopyState;        # control (with a journal), append
    after @2 :Position;         # read
    node @3 :NodeFacts;         # control without a journal
  }
}

struct NodeFacts @0xf0c6d92a4e8b1735 {
  name @0 :Text;
  version @1 :Text;
  boot @2 :Id;
  journals @3 :List(Text);
}

struct Segment @0xd2b80e6f17c5a943 {
  first @0 :UInt64;
  last @1 :UInt64;
  bytes @2 :UInt64;
  finalized @3 :Bool;
}

struct Change @0x94e7f3b60a1d8c52 {
  union {
    add :group {
      disk @0 :Id;
      address @1 :Text;
    }
    remove @2 :Id;
  }
  force @3 :Bool;
}

struct Request @0xc7a15e8d3b92f604 {
  union {
    state @0 :Void;
    promise :group {
      epoch @1 :UInt64;
      writer @2 :Id;
      force @3 :Bool;           # also while another writer's lease lives
    }
    format :group {
      namespaceId @4 :Id;
      lineage @5 :UInt64;
      disk @6 :Id;
      start @7 :Position;
      startConfiguration @8 :Data;
    }
    purge :group {
      epoch @9 :UInt64;
      writer @10 :Id;
      upto @11 :UInt64;
    }
    segments @12 :Void;
    status @13 :Void;           # of the whole node, as JSON for people and tools
    change @14 :Change;         # handed on to the connected writer
    outcome :group {            # of a transaction whose submission ended as unknown; answered by a text: "committed", "never", "unknown"
      txid @15 :UInt64;
      epoch @16 :UInt64;
      frame @17 :Id;
    }
  }
}

struct Answer @0x86d4b9f2e07c3a15 {
  union {
    refused @0 :Refusal;
    ok @1 :Void;
    state @2 :CopyState;
    segments @3 :List(Segment);
    text @4 :Text;
  }
}

# From the writer to a node, on the append connection.
struct Order @0xb19c6e05f8d2a374 {
  union {
    pull :group {               # fetch frames from another member, up to and including `to`
      source @0 :Text;          # its address
      to @1 :Position;
    }
    restart :group {            # begin anew behind this start: what is below is purged everywhere
      start @2 :Position;
      configuration @3 :Data;
    }
    settle @4 :UInt64;          # nothing that this copy acknowledged is above this txid, or it is not committed and never will be
  }
}
