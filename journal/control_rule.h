// What a node believes of starts and control frames that others send it. Pure.
#pragma once

#include <optional>
#include <string>

#include "editlog/frame.h"
#include "editlog/slots.h"

namespace varve {

// Why no log can begin like this; nullopt: one can.
std::optional<std::string> start_defect(const LogStart& start);
// Why this is not what a frame of its kind holds: its transaction does not decode, or its configuration is larger than a slot takes.
// Precondition: the frame's digests hold.
std::optional<std::string> control_defect(const Frame& frame);

}  // namespace varve
