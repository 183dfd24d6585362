#ifndef CORE_BASE_OVERLOAD_H_
#define CORE_BASE_OVERLOAD_H_

namespace jfs {

// Builds one visitor for std::visit out of lambdas, one per alternative.
template <typename... Lambdas>
struct Overload : Lambdas... {
  using Lambdas::operator()...;
};
template <typename... Lambdas>
Overload(Lambdas...) -> Overload<Lambdas...>;

}  // namespace jfs

#endif  // CORE_BASE_OVERLOAD_H_
