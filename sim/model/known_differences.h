#ifndef SIM_MODEL_KNOWN_DIFFERENCES_H_
#define SIM_MODEL_KNOWN_DIFFERENCES_H_

#include "core/ns/request.h"
#include "sim/model/reference_namespace.h"

// Where core/ns is known to answer otherwise than HDFS, so that the comparison can look for what is
// not known yet. To be empty.
namespace jfs::sim::model {

// Whether `command` would be answered differently now.
bool ShowsKnownDifference(const ns::Command& command, const ReferenceNamespace& model);

// Whether what has just been asked for may change the answer to that.
bool ChangesWhatShows(const ns::Operation& operation);

}  // namespace jfs::sim::model

#endif  // SIM_MODEL_KNOWN_DIFFERENCES_H_
