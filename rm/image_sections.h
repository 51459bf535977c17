// The sections of an image of a resource manager's state, and their records' types.
#pragma once

#include <memory>

#include "rm/tables.h"
#include "varve/image.h"

namespace varve {

inline constexpr std::uint32_t kMetaSection = 1;
inline constexpr std::uint32_t kApplicationsSection = 2;
inline constexpr std::uint32_t kAttemptsSection = 3;
inline constexpr std::uint32_t kTokensSection = 4;
inline constexpr std::uint32_t kMasterKeysSection = 5;
inline constexpr std::uint32_t kReservationsSection = 6;

// A part of a section has this many records, the last one fewer: the division follows from the state alone.
inline constexpr std::size_t kPartRecords = 16384;

// Declares the sections of `view`. The producers keep it alive.
void save_sections(std::shared_ptr<const RmView> view, ImageSink& sink);

}  // namespace varve
