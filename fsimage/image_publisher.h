// Writes one image beside the published ones and gives it its name once every byte of it was read back.
//
// Steps: fsimage_<txid>.tmp created, written and synced; opened afresh and verified; renamed to fsimage_<txid>; directory synced.
// Threads: the event loop's.
// Errors:  before the rename the .tmp is removed. When the directory cannot be synced behind the rename, the new name is removed again,
//          unless it replaced one: both files are good images.
#pragma once

#include <kj/memory.h>

#include "base/seams.h"
#include "base/task.h"
#include "fsimage/give_way.h"
#include "fsimage/image_directory.h"
#include "fsimage/image_scan.h"
#include "fsimage/section_plan.h"

namespace varve {

class ImagePublisher {
 public:
  // `directory` must outlive it.
  ImagePublisher(Seams seams, Directory& directory);

  // `plan` must outlive the task. `replaces`: an image of this txid is published already.
  Task<Result<SavedImage>> publish(ImagePoint point, SectionPlan& plan, SaveOptions options, bool replaces);

 private:
  Task<Result<kj::Own<File>>> create(std::string name);
  Task<Result<SavedImage>> write(std::string name, const ImagePoint& point, SectionPlan& plan, SaveOptions options);
  Task<Result<void>> read_back(std::string name, SavedImage saved, GiveWay give_way);
  Task<Result<void>> publish_name(TxId txid, bool replaces);
  Task<void> discard(std::string name);

  Seams seams_;
  Directory& directory_;
};

}  // namespace varve
