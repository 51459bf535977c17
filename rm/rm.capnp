@0xe2b8a5c1f4d76093;
# Transactions and image records of a resource manager's state.
#
# The same struct stands in a transaction, in memory and in an image, there always in canonical form. Times are milliseconds since
# 1970 (UTC); 0 means not yet. Fields may be added; nothing may be removed, renumbered or given another type or default.

using Cxx = import "/capnp/c++.capnp";
using Varve = import "/varve/varve.capnp";
$Cxx.namespace("varve::schema::rm");

struct Transaction @0xb6d1f7a29c3e5841 {
  operations @0 :List(Operation);  # all of them or none
}

struct Operation @0xc9e4a1b7d2f35862 {
  union {
    storeApplication @0 :Application;        # store and update both replace what is there
    updateApplication @1 :Application;
    removeApplication @2 :ApplicationId;     # and its attempts
    storeAttempt @3 :Attempt;
    updateAttempt @4 :Attempt;
    removeAttempt @5 :AttemptId;
    storeToken @6 :DelegationToken;          # raises the sequence number to the token's
    updateToken @7 :DelegationToken;
    removeToken @8 :UInt32;                  # by sequence number
    storeMasterKey @9 :MasterKey;            # of delegation tokens
    removeMasterKey @10 :UInt32;             # by key id
    storeAmrmTokens @11 :AmrmTokens;
    storeReservation @12 :Reservation;
    removeReservation @13 :ReservationId;
    storeProxyCa @14 :ProxyCa;
    incrementEpoch @15 :EpochIncrement;
    storeVersion @16 :Version;
    deleteStore @17 :Void;
  }
}

struct ApplicationId @0xd5f2b8c4e1a79063 {
  clusterTimestamp @0 :UInt64;
  id @1 :UInt32;
}

struct AttemptId @0xe8a3c5d7f1b24964 {
  clusterTimestamp @0 :UInt64;
  applicationId @1 :UInt32;
  number @2 :UInt32;
}

struct ReservationId @0xf1c6d8e2a4b73965 {
  plan @0 :Text;
  clusterTimestamp @1 :UInt64;
  id @2 :UInt64;
}

struct EpochIncrement @0x92d4e6f8a1c35b66 {
  base @0 :UInt64;   # the first epoch, and where a range starts
  range @1 :UInt64;  # epochs stay in base .. base + range - 1; 0: no wrap
}

struct Version @0xa3e5f7c9b1d24867 {
  major @0 :UInt32;
  minor @1 :UInt32;
}

struct Application @0xb4f6c8dae2135968 {
  clusterTimestamp @0 :UInt64;
  id @1 :UInt32;
  state @2 :State;
  submitTime @3 :UInt64;
  startTime @4 :UInt64;
  launchTime @5 :UInt64;
  finishTime @6 :UInt64;
  user @7 :Text;
  diagnostics @8 :Text;
  context @9 :SubmissionContext;
  caller @10 :CallerContext;
  timeouts @11 :List(Timeout);

  enum State @0xc5a7d9ebf3246a69 {
    none @0;  # submitted; no final state yet
    new @1;
    newSaving @2;
    submitted @3;
    accepted @4;
    running @5;
    finalSaving @6;
    finishing @7;
    finished @8;
    failed @9;
    killing @10;
    killed @11;
  }
}

struct SubmissionContext @0xd6b8eafc14357b6a {
  name @0 :Text;
  queue @1 :Text;
  type @2 :Text;
  priority @3 :Int32;
  maxAttempts @4 :UInt32;
  resource @5 :Resource;
  nodeLabels @6 :Text;
  tags @7 :List(Text);
  unmanaged @8 :Bool;
  keepContainers @9 :Bool;
  cancelTokens @10 :Bool;                    # when the application completes
  attemptFailuresValidity @11 :UInt64;       # ms; 0: all failures count
  reservation @12 :ReservationId;
  launch @13 :LaunchContext;                 # left out of final states
}

struct Resource @0xe7c9fb1d25468c6b {
  memoryMib @0 :UInt64;
  vcoresMilli @1 :UInt64;
  others @2 :List(Amount);                   # "gpu"
}

struct Amount @0xf8daac2e36579d6c {
  name @0 :Text;
  value @1 :UInt64;
}

struct LaunchContext @0x89ebbd3f4768ae6d {
  commands @0 :List(Text);
  environment @1 :List(Entry);
  files @2 :List(LocalFile);
  acls @3 :List(Entry);
  serviceData @4 :Data;
  tokens @5 :Data $Varve.secret;
}

struct Entry @0x9afcce4a5879bf6e {
  name @0 :Text;
  value @1 :Text;
}

struct LocalFile @0xabadd15b698acb6f {
  name @0 :Text;
  url @1 :Text;
  bytes @2 :UInt64;
  time @3 :UInt64;
}

struct CallerContext @0xbcbee26c7a9bdc70 {
  context @0 :Text;
  signature @1 :Data;
}

struct Timeout @0xcdcff37d8bacfd71 {
  type @0 :Type;
  expireTime @1 :UInt64;

  enum Type @0xdedfa48e9cbd1e72 {
    lifetime @0;
  }
}

struct Attempt @0xefe1b59fadce2f73 {
  clusterTimestamp @0 :UInt64;
  applicationId @1 :UInt32;
  number @2 :UInt32;
  state @3 :State;
  finalStatus @4 :FinalStatus;
  amExitStatus @5 :Int32 = -1000;
  startTime @6 :UInt64;
  finishTime @7 :UInt64;
  masterContainer @8 :Container;
  tokens @9 :Data $Varve.secret;
  trackingUrl @10 :Text;
  diagnostics @11 :Text;
  memorySeconds @12 :UInt64;
  vcoreSeconds @13 :UInt64;
  preemptedMemorySeconds @14 :UInt64;
  preemptedVcoreSeconds @15 :UInt64;
  resourceSeconds @16 :List(Amount);
  preemptedResourceSeconds @17 :List(Amount);
  containersAllocated @18 :UInt32;

  enum State @0x80f2c6a1bedf3a74 {
    none @0;
    new @1;
    submitted @2;
    scheduled @3;
    allocated @4;
    launched @5;
    failed @6;
    running @7;
    finishing @8;
    finished @9;
    killed @10;
    allocatedSaving @11;
    launchedUnmanagedSaving @12;
    recovered @13;
    finalSaving @14;
  }

  enum FinalStatus @0x91a3d7b2cfe14b75 {
    undefined @0;
    succeeded @1;
    failed @2;
    killed @3;
    ended @4;
  }
}

struct Container @0xa2b4e8c3d1f25c76 {
  id @0 :UInt64;                             # the epoch in its upper bits
  host @1 :Text;
  port @2 :UInt16;
  httpAddress @3 :Text;
  resource @4 :Resource;
  priority @5 :Int32;
  token @6 :Data $Varve.secret;
}

struct DelegationToken @0xb3c5f9d4e2a36d77 {
  sequenceNumber @0 :UInt32;
  masterKeyId @1 :UInt32;
  owner @2 :Text;
  renewer @3 :Text;
  realUser @4 :Text;
  issueDate @5 :UInt64;
  maxDate @6 :UInt64;
  renewDate @7 :UInt64;
}

struct MasterKey @0xc4d6aae5f3b47e78 {
  id @0 :UInt32;
  expiryDate @1 :UInt64;
  key @2 :Data $Varve.secret;
}

struct AmrmTokens @0xd5e7bbf6a4c58f79 {
  current @0 :MasterKey;
  next @1 :MasterKey;                        # null: none is being rolled in
}

struct Reservation @0xe6f8cca7b5d69a7a {
  plan @0 :Text;
  clusterTimestamp @1 :UInt64;
  id @2 :UInt64;
  allocation @3 :Data;
}

struct ProxyCa @0xf7a9ddb8c6e7ab7b {
  certificate @0 :Data;
  privateKey @1 :Data $Varve.secret;
}

struct Meta @0x88baeec9d7f8bc7c {
  # The one record of the image's first section.
  version @0 :Version;                       # null: none stored
  epochStored @1 :Bool;
  epoch @2 :UInt64;
  sequenceNumber @3 :UInt32;                 # of delegation tokens
  amrm @4 :AmrmTokens;
  proxyCa @5 :ProxyCa;
}
