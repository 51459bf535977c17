#include "tests/fuzz/entry_points.h"

#include "base/check.h"

namespace varve::fuzz {

namespace {

constexpr EntryPoint kEntryPoints[] = {
    {"frame", run_frame},           {"segment", run_segment}, {"slot", run_slot},   {"version", run_version}, {"control", run_control},
    {"image", run_image},           {"toc", run_toc},         {"chunk", run_chunk}, {"schema", run_schema},   {"record", run_record},
    {"operations", run_operations}, {"stream", run_stream},   {"node", run_node},   {"answers", run_answers},
};

}  // namespace

std::span<const EntryPoint> entry_points() {
  return kEntryPoints;
}

const EntryPoint& entry_point(std::string_view name) {
  for (const EntryPoint& entry : kEntryPoints) {
    if (entry.name == name) return entry;
  }
  CHECK(false, "no entry point", name);
  __builtin_unreachable();
}

}  // namespace varve::fuzz
