// What the names in a log's directory are; nothing is opened.
#pragma once

#include <string>
#include <vector>

#include "editlog/segment_names.h"

namespace varve {

struct DirectorySurvey {
  bool version = false;
  bool slots = false;
  bool reserve = false;
  std::vector<SegmentName> segments;   // by first txid, finalized ones before those in progress
  std::vector<std::string> leftovers;  // temporary files of steps that were not finished
  std::vector<std::string> foreign;
};
DirectorySurvey survey(const std::vector<std::string>& names);

// finalized_name() or in_progress_name().
std::string file_name(const SegmentName& name);

}  // namespace varve
