from django.urls import path

from rentals import act_pages, hold_views, pages, statement_pages, views

urlpatterns = [
    path("book_rentals/", views.RentalListView.as_view(), name="rentals"),
    # Older clients rent at this path.
    path(
        "book_rentals/create/",
        views.RentalListView.as_view(http_method_names=["post", "options"], swagger_schema=None),
        name="rental_create",
    ),
    path("book_rentals/<id:ref>/", views.RentalDetailView.as_view(), name="rental"),
    path("book_rentals/<id:ref>/return/", views.RentalReturnView.as_view(), name="rental_return"),
    path("book_rentals/<id:ref>/renew/", views.RentalRenewView.as_view(), name="rental_renew"),
    path("book_rentals/<id:ref>/void/", views.RentalVoidView.as_view(), name="rental_void"),
    path("book_rentals/<id:ref>/return/undo/", views.ReturnUndoView.as_view(), name="return_undo"),
    path("book_rentals/users/<id:user_id>/", views.UserRentalListView.as_view(), name="user_rentals"),
    path("book_rentals/users/balance/<id:user_id>/", views.BalanceView.as_view(), name="balance"),
    path("holds/", hold_views.HoldListView.as_view(), name="holds"),
    path("holds/<id:hold_id>/", hold_views.HoldView.as_view(), name="hold"),
    path("payments/", views.PaymentListView.as_view(), name="payments"),
    path("payments/<id:payment_id>/", views.PaymentView.as_view(), name="payment"),
    path("payments/<id:payment_id>/void/", views.PaymentVoidView.as_view(), name="payment_void"),
]

page_urlpatterns = [
    path("books/<id:book_id>/", pages.book, name="book"),
    path("rentals/", pages.rentals, name="rentals"),
    path("rentals/statement/", statement_pages.statement, name="statement"),
    path("rentals/<id:ref>/renew/", act_pages.renew, name="rental_renew"),
    path("rentals/<id:ref>/cancel/", act_pages.rental_cancel, name="rental_cancel"),
    path("rentals/holds/<id:hold_id>/cancel/", act_pages.hold_end, name="hold_end"),
    path("rentals/payments/", pages.payments, name="payments"),
]
