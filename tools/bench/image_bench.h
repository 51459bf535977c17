// `varve bench image save|load`: images of a resource manager's state.
#pragma once

#include <cstdint>
#include <string>

#include "varve/error.h"

namespace varve {

struct ImageBench {
  std::string directory;  // created when its parent exists
  std::uint64_t applications = 1'000'000;
  unsigned threads = 0;  // 0: one for each core
  bool json = false;
};

Result<void> run_image_save_bench(const ImageBench& bench);
// Loads the newest image in the directory; saves one first where there is none.
Result<void> run_image_load_bench(const ImageBench& bench);

}  // namespace varve
