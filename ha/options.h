// Options of the public library, checked and handed to those whom they concern.
#pragma once

#include <string>

#include "checkpointer/checkpoint_policy.h"
#include "editlog/local_log.h"
#include "ha/submit_queue.h"
#include "journal/local_journal.h"
#include "journal/quorum_journal.h"
#include "varve/engine.h"

namespace varve {

// kInvalidArgument with the option's name, its value and the legal range.
Result<void> check_options(const Options& options);

// kInvalidArgument when some of them are named and some not; `option` is its name.
Result<void> check_tls(const char* option, const TlsFiles& files);

// The directory of the images: image_directory, or "images" beside the directory of a file: journal.
Result<std::string> image_path(const Options& options);

LocalLogOptions log_options(const Options& options);
RollPolicy roll_policy(const Options& options);
QuorumOptions quorum_options(const Options& options);
CheckpointPolicy checkpoint_policy(const Options& options);
SubmitQueueOptions queue_options(const Options& options);

}  // namespace varve
