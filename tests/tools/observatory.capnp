@0xc4d7e9f1a2b35870;
# A schema that Varve has never seen: only compiled by `capnp compile -o-`, never into code.

using Varve = import "/varve/varve.capnp";

struct Night @0xd3a5b7c9e1f24681 {
  date @0 :Text;
  moon @1 :Float32;
  clear @2 :Bool = true;
  exposures @3 :List(Exposure);
  union {
    dome :group {
      azimuth @4 :Int16;
      open @5 :Bool;
    }
    closed @6 :Void;
    fault @7 :Text;
  }
  password @8 :Text $Varve.secret;
  key @9 :Data $Varve.secret;
  pin @10 :UInt16 $Varve.secret;
  counts @11 :List(UInt64);
  raw @12 :Data;
  vault @13 :Exposure $Varve.secret;
  shelf @14 :List(Text) $Varve.secret;
}

struct Exposure @0xe4b6c8d0f2a35792 {
  seconds @0 :Float64;
  filter @1 :Filter;
  photons @2 :UInt64;
  shift @3 :Int64;
  next @4 :Exposure;
}

enum Filter @0xf5c7d9e1a3b46803 {
  red @0;
  green @1;
  blue @2;
}
