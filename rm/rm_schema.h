// The compiled schema of rm/rm.capnp, embedded at build time.
#pragma once

#include <string_view>

namespace varve {

// A CodeGeneratorRequest as `capnp compile -o-` writes it.
std::string_view rm_schema();

}  // namespace varve
