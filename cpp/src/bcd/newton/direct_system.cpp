#include <numeric>

#include "pauca/bcd/newton_system.hpp"
#include "pauca/core/cholesky.hpp"

namespace pauca::bcd {
namespace {

class DirectSystem final : public NewtonSystem {
 public:
  DirectSystem(const MatrixLoss& loss, const WorkingGram* gram) : loss_(loss), gram_(gram) {}

  bool factor(const SupportModel& model, Monitor& monitor) override {
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
  const MatrixLoss& loss_;
  const WorkingGram* gram_;
  Matrix system_;
};

class EntrySystem final : public NewtonSystem {
 public:
  EntrySystem(const MatrixLoss& loss, const WorkingGram* gram) : loss_(loss), gram_(gram) {}

  bool factor(const SupportModel& model, Monitor& monitor) override {
    const Matrix h = block_weights(model, loss_);
    const Index tasks = model.tasks();
    keep_.assign(static_cast<std::size_t>(tasks), {});
    factors_.resize(static_cast<std::size_t>(tasks));
    for (Index t = 0; t < tasks; ++t) {
      std::vector<Index>& keep = keep_[static_cast<std::size_t>(t)];
      for (Index i = 0; i < model.rows(); ++i)
        if (model.free(i, t) != 0.0) keep.push_back(i);
      Matrix& system = factors_[static_cast<std::size_t>(t)];
      const Index m = static_cast<Index>(keep.size());
      if (gram_ && h.cols() == 1) {
        system.resize(m, m);
        for (Index i = 0; i < m; ++i)
          for (Index k = i; k < m; ++k)
            system(k, i) = (*gram_)(gram_->position(model.columns[keep[k]]), gram_->position(model.columns[keep[i]]));
      } else {
        support_gram(model, keep, h.col(std::min(t, h.cols() - 1)), system, monitor);
      }
      for (Index i = 0; i < m; ++i) {
        system(i, i) = (1.0 + 1e-10) * system(i, i) + model.diagonal(keep[i], t);
        if (!(system(i, i) > 0.0)) system(i, i) = 1.0;
      }
      if (!cholesky_in_place(system, monitor)) return false;
    }
    if (model.constant)
      constants_ = h.colwise().sum().cwiseMax(1e-12).cwiseInverse().replicate(1, tasks / h.cols());
    return true;
  }
  void solve(const SupportModel& model, const Matrix& r, Matrix& z) const override {
    z.setZero(r.rows(), r.cols());
    Vector own;
    for (Index t = 0; t < model.tasks(); ++t) {
      const std::vector<Index>& keep = keep_[static_cast<std::size_t>(t)];
      own.resize(static_cast<Index>(keep.size()));
      for (Index i = 0; i < own.size(); ++i) own[i] = r(keep[i], t);
      const auto lower = factors_[static_cast<std::size_t>(t)].triangularView<Eigen::Lower>();
      lower.solveInPlace(own);
      lower.transpose().solveInPlace(own);
      for (Index i = 0; i < own.size(); ++i) z(keep[i], t) = own[i];
    }
    if (model.constant) z.row(model.rows()) = constants_.cwiseProduct(r.row(model.rows()));
  }

 private:
  const MatrixLoss& loss_;
  const WorkingGram* gram_;
  std::vector<std::vector<Index>> keep_;
  std::vector<Matrix> factors_;
  Eigen::RowVectorXd constants_;
};

}  // namespace

std::unique_ptr<NewtonSystem> make_direct_system(const MatrixLoss& loss, const WorkingGram* gram) {
  return std::make_unique<DirectSystem>(loss, gram);
}
std::unique_ptr<NewtonSystem> make_entry_system(const MatrixLoss& loss, const WorkingGram* gram) {
  return std::make_unique<EntrySystem>(loss, gram);
}

}  // namespace pauca::bcd
