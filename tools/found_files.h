// Which files a path on the command line means.
#pragma once

#include <kj/memory.h>

#include <string>
#include <vector>

#include "base/disk.h"
#include "base/task.h"
#include "varve/error.h"

namespace varve {

struct FoundFiles {
  kj::Own<Directory> directory;
  std::vector<std::string> names;  // by txid
  bool whole_directory = false;    // the path named a directory, not one file
};

// A segment; or a journal directory, or the directory that holds it as "journal": then its segments, final ones and those in progress.
// A single file is taken by whatever name, and may turn out not to exist. Errors: kNotFound when a directory holds nothing of the kind.
Task<Result<FoundFiles>> find_segments(Disk& disk, std::string path);

// The same for images and "images".
Task<Result<FoundFiles>> find_images(Disk& disk, std::string path);

}  // namespace varve
