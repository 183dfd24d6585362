#include "tools/jindo/commands/contents.h"

namespace jfs::tools {
namespace {

class ContentsCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments*) override {
    return Failure{.message =
                       "the contents of files are kept by the data server, which does not exist "
                       "yet; only commands about names and attributes work"};
  }
};

class MoveToLocalCommand : public Command {
 public:
  using Command::Command;

 protected:
  Outcome ParseOptions(Arguments*) override {
    return Failure{.exception_class = "java.io.IOException",
                   .message = "Option '-moveToLocal' is not implemented yet."};
  }
};

}  // namespace

std::unique_ptr<Command> MakeContents(std::string name, Session* session) {
  return std::make_unique<ContentsCommand>(std::move(name), session);
}
std::unique_ptr<Command> MakeMoveToLocal(std::string name, Session* session) {
  return std::make_unique<MoveToLocalCommand>(std::move(name), session);
}

}  // namespace jfs::tools
