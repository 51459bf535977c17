// Reads a whole image and checks every byte of it, every record's place too, on the workers.
#pragma once

#include "base/task.h"
#include "base/workers.h"
#include "fsimage/give_way.h"
#include "fsimage/image_reader.h"
#include "fsimage/image_scan.h"

namespace varve {

// `image` must outlive the task. Errors name the file and the offset.
Task<Result<void>> verify_image(ImageReader& image, Workers& workers, GiveWay give_way = {});

}  // namespace varve
