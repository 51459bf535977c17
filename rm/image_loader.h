// Builds tables from an image: chunks become sorted runs on worker threads, and the runs become trees at the end.
//
// Threads: declare() and finish() the owner's; the consumers run between them on any, each chunk once.
#pragma once

#include <memory>
#include <vector>

#include "rm/cow_run.h"
#include "rm/tables.h"
#include "varve/image.h"

namespace varve {

class ImageLoader {
 public:
  // The source must have a section of meta; other sections that it lacks are empty. The consumers refer to this loader.
  Result<void> declare(ImageSource& source);
  // kDamaged when the records were not in order.
  Result<std::shared_ptr<RmTables>> finish();

 private:
  template <typename Key>
  using Runs = std::vector<CowRun<Key>>;  // one for each chunk

  Result<void> take_meta(const RecordView& records);

  TxId txid_;
  RmMeta meta_;
  bool meta_found_ = false;
  Runs<ApplicationKey> applications_;
  Runs<AttemptKey> attempts_;
  Runs<TokenKey> tokens_;
  Runs<MasterKeyKey> master_keys_;
  Runs<ReservationKey> reservations_;
};

}  // namespace varve
