// A rule that was broken; thrown out of a simulation.
#pragma once

#include <string>

namespace varve {

struct Violation {
  std::string text;
};

}  // namespace varve
