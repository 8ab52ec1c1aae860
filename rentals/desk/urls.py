from django.urls import path

from rentals.desk import acts, pages

app_name = "desk"
urlpatterns = [
    path("", pages.search, name="search"),
    path("residents/<id:user_id>/", pages.resident, name="resident"),
    path("residents/<id:user_id>/lend/", acts.lend, name="lend"),
    path("residents/<id:user_id>/pay/", acts.pay, name="pay"),
    path("books/<id:book_id>/", pages.book, name="book"),
    path("rentals/<id:ref>/return/", acts.return_book, name="return"),
    path("rentals/<id:ref>/renew/", acts.renew, name="renew"),
    path("rentals/<id:ref>/void/", acts.void, name="void"),
    path("payments/<id:payment_id>/receipt/", pages.receipt, name="receipt"),
]
