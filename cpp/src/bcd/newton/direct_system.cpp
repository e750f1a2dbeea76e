#include <numeric>

#include "pauca/bcd/newton_system.hpp"
#include "pauca/core/cholesky.hpp"

namespace pauca::bcd {
namespace {

class DirectSystem final : public FixedSystem {
 public:
  explicit DirectSystem(const WorkingGram* gram) : gram_(gram) {}

  bool factor(const SupportModel& model, Monitor& monitor) override {
    remember(model);
    const Index m = model.rows();
    if (gram_) {
      system_.resize(m, m);
      for (Index i = 0; i < m; ++i) {
        const double* column = gram_->data(gram_->position(model.columns[i]));
        for (Index k = i; k < m; ++k) system_(k, i) = column[gram_->position(model.columns[k])];
      }
    } else {
      std::vector<Index> all(static_cast<std::size_t>(m));
      std::iota(all.begin(), all.end(), Index{0});
      support_gram(model, all, model.hessian.col(0), system_, monitor);
    }
    system_.diagonal() *= 1.0 + 1e-13;  // duplicated columns
    system_.diagonal() += model.diagonal.col(0);
    for (std::size_t b = 0; b < model.blocks.size(); ++b) {
      const auto u = model.unit.col(0).segment(model.begin(b), model.count(b));
      system_.block(model.begin(b), model.begin(b), u.size(), u.size()).noalias() += model.along[b] * u * u.transpose();
    }
    for (Index i = 0; i < m; ++i)
      if (model.free(i, 0) == 0.0 || !(system_(i, i) > 0.0)) {
        system_.row(i).head(i).setZero();
        system_.col(i).tail(m - i).setZero();
        system_(i, i) = 1.0;
      }
    return cholesky_in_place(system_, monitor);
  }
  void solve(const SupportModel& model, const Matrix& r, Matrix& z) const override {
    z = r;
    auto inner = z.topRows(model.rows());
    system_.triangularView<Eigen::Lower>().solveInPlace(inner);
    system_.triangularView<Eigen::Lower>().transpose().solveInPlace(inner);
    inner = inner.cwiseProduct(model.free);
  }

 private:
  const WorkingGram* gram_;
  Matrix system_;
};

}  // namespace

std::unique_ptr<NewtonSystem> make_direct_system(const WorkingGram* gram) {
  return std::make_unique<DirectSystem>(gram);
}

}  // namespace pauca::bcd
