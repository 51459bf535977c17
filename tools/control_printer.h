// Prints what control frames say.
#pragma once

#include <string_view>

#include "editlog/frame.h"
#include "tools/json_writer.h"

namespace varve {

// "data", "segment_start", "epoch_start", "configuration".
std::string_view kind_name(FrameKind kind);

// An object of the control transaction's fields (the schema only by its name and size); its bytes when it is not what it should be.
// Precondition: kind is not kData.
void print_control(FrameKind kind, Bytes transaction, JsonWriter& json);

}  // namespace varve
