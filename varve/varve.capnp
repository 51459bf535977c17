@0xa8f3d15c9e27b604;
# What the schema of a user's transactions and image records can tell Varve's viewers.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("varve::schema");

annotation secret @0xd1c5f0a7b2e39486 (field) :Void;
# Key material, passwords, tokens: `varve log cat` and `varve image cat` show the field's value only with --secrets.
