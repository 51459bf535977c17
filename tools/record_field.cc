#include "tools/record_field.h"

#include <fmt/format.h>

namespace varve {

bool print_record_field(const RecordPrinter* printer, bool opaque, Secrets secrets, Bytes record, JsonWriter& json) {
  if (printer != nullptr) {
    NullSink nowhere;
    JsonWriter trial(nowhere);
    if (printer->print(record, trial)) return printer->print(record, json).has_value();
  }
  if (opaque || secrets == Secrets::kShow) {
    json.hex(record);
  } else {
    json.text(fmt::format("<hidden, {} bytes>", record.size()));
  }
  return opaque;
}

}  // namespace varve
