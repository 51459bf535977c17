// What the viewers of images have in common: which images are meant, and opening one.
#pragma once

#include <kj/memory.h>

#include <string>

#include "base/task.h"
#include "fsimage/image_reader.h"
#include "tools/found_files.h"
#include "tools/view_options.h"

namespace varve {

// Leaves out of a directory's images those whose txid is not wanted; kNotFound when that leaves none. A file that was named itself stays.
Result<void> keep_wanted(FoundFiles& found, const ViewOptions& options);

Task<Result<kj::Own<ImageReader>>> open_image(Directory& directory, std::string name);

}  // namespace varve
