// Looks at the images before the journal is opened, so that a start which they forbid changes nothing on disk.
#pragma once

#include <string>

#include "base/disk.h"
#include "base/task.h"
#include "varve/error.h"

namespace varve {

// Reads headers only. Directories that do not exist are well. What is wrong with the journal is for its own open to say, and a damaged
// image for who loads it. Errors: kForeign: an image of another journal, or of any while there is no journal; kNewerLayout: the newest
// image; and what kept the images from being read.
Task<Result<void>> check_images(Disk& disk, std::string journal_path, std::string image_path);

}  // namespace varve
