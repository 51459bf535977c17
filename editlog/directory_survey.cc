#include "editlog/directory_survey.h"

#include <algorithm>

namespace varve {

std::string file_name(const SegmentName& name) {
  return name.last ? finalized_name(name.first, *name.last) : in_progress_name(name.first);
}

DirectorySurvey survey(const std::vector<std::string>& names) {
  DirectorySurvey found;
  for (const std::string& name : names) {
    if (name == kVersionFile) {
      found.version = true;
    } else if (name == kSlotsFile) {
      found.slots = true;
    } else if (name == kReserveFile) {
      found.reserve = true;
    } else if (name.ends_with(kTemporarySuffix)) {
      found.leftovers.push_back(name);
    } else if (auto segment = parse_segment_name(name)) {
      found.segments.push_back(*segment);
    } else {
      found.foreign.push_back(name);
    }
  }
  std::ranges::sort(found.segments, [](const SegmentName& a, const SegmentName& b) {
    if (a.first != b.first) return a.first < b.first;
    if (a.last.has_value() != b.last.has_value()) return a.last.has_value();
    return a.last < b.last;
  });
  return found;
}

}  // namespace varve
