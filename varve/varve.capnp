@0xa4c7e1d93b5f2860;
# What a user's own schema may say to Varve's tools. Installed beside the headers; import it as "/varve/varve.capnp".

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("varve::schema");

annotation secret @0xd1c5f0a7b2e39486 (field) :Void;
# Key material, passwords, tokens: viewers print such a field only when asked with --secrets.
