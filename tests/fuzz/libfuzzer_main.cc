// A libFuzzer program for the entry point that VARVE_FUZZ_ENTRY names.
#include "tests/fuzz/entry_points.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const varve::fuzz::EntryPoint& entry = varve::fuzz::entry_point(VARVE_FUZZ_ENTRY);
  entry.run(std::as_bytes(std::span(data, size)));
  return 0;
}
